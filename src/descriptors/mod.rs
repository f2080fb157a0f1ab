//! File descriptors: how many there are, how many sessions they carry, and a few put by for when they run out.
//!
//! Every session costs one. Running out is met in three places, in this order: at start the soft limit is raised and the
//! session limit fitted to it; then the accept loops back off; then [`Reserve`] keeps metrics and reload alive.
//!
//! ```
//! use oread::descriptors::{Demand, fit, raise};
//! use oread::settings::SessionLimit;
//!
//! let demand = Demand { accept_sockets: 2, runtimes: 3, admin_connections: 16 };
//! let limit = raise();
//! println!("{limit}"); // descriptor limit raised from 1024 to 20000
//! match fit(SessionLimit::Auto, demand, limit.now) {
//!     Ok(fitted) => println!("{fitted}"),
//!     Err(unfit) => println!("{unfit}"),
//! }
//! ```

mod demand;
mod fit;
mod limit;
mod reserve;

pub use demand::Demand;
pub use fit::{Fitted, Unfit, fit};
pub use limit::{DescriptorLimit, raise};
pub use reserve::{Loan, Reserve};
