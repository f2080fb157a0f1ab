//! `oread config …`: the configuration shown in its several forms.

use super::arguments::{ConfigArgs, Showing};
use crate::exit::Exit;

pub(super) fn show(args: ConfigArgs) -> Exit {
    match args.what {
        Showing::Default | Showing::Schema | Showing::Effective(_) | Showing::Env { .. } => Exit::Internal,
    }
}
