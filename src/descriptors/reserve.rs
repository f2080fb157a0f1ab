//! A few descriptors held open, to be let go when there are no others: metrics, status and reload work on when sessions
//! have taken everything.
//!
//! ```text
//!   whole ──lend──► lent out ──drop of the Loan──► whole
//!                        │                           ▲
//!                        └── taken back in part ─────┘  at the next `is_whole` or `lend`
//! ```
//! What is let go anybody can grab: accept loops therefore ask [`Reserve::is_whole`] and hold still while it is not.
//! Invariant: held + lent ≤ `Reserve::SIZE`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Descriptors put by. Clones share them.
#[derive(Debug, Clone)]
pub struct Reserve {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// For the accept loops, which ask before every accept.
    whole: AtomicBool,
    purse: Mutex<Purse>,
}

#[derive(Debug)]
struct Purse {
    held: Vec<Placeholder>,
    loans: usize,
}

impl Reserve {
    /// Descriptors that one loan frees: a connection, and the files read while it is answered.
    pub const A_LOAN: usize = 4;
    /// Loans at once.
    pub const LOANS: usize = 4;
    /// Descriptors held in all.
    pub const SIZE: usize = Self::A_LOAN * Self::LOANS;

    /// Opens them, as many as there are; the rest is taken when it can be had.
    pub fn new() -> Self {
        let purse = Purse { held: Vec::with_capacity(Self::SIZE), loans: 0 };
        let reserve =
            Self { shared: Arc::new(Shared { whole: AtomicBool::new(false), purse: Mutex::new(purse) }) };
        reserve.is_whole();
        reserve
    }

    /// Lets go of [`Reserve::A_LOAN`] descriptors until the loan is dropped; drop it after what was opened with it.
    /// `None` when all are lent, or could not be taken back yet.
    pub fn lend(&self) -> Option<Loan> {
        self.shared.with(|purse| {
            purse.refill();
            let rest = purse.held.len().checked_sub(Self::A_LOAN)?;
            purse.held.truncate(rest);
            purse.loans += 1;
            Some(Loan { shared: Arc::clone(&self.shared) })
        })
    }

    /// Whether all are held. If not, it tries to take them back; while it is false, no session should be accepted.
    pub fn is_whole(&self) -> bool {
        self.shared.whole.load(Ordering::Acquire) || self.shared.with(Purse::refill)
    }
}

impl Default for Reserve {
    fn default() -> Self {
        Self::new()
    }
}

impl Shared {
    fn with<T>(&self, act: impl FnOnce(&mut Purse) -> T) -> T {
        let mut purse = self.purse.lock().unwrap_or_else(PoisonError::into_inner);
        let result = act(&mut purse);
        self.whole.store(purse.is_whole(), Ordering::Release);
        result
    }
}

impl Purse {
    fn is_whole(&self) -> bool {
        self.held.len() == Reserve::SIZE
    }

    /// Takes back what is not lent, as far as there are descriptors.
    fn refill(&mut self) -> bool {
        let wanted = Reserve::SIZE - self.loans * Reserve::A_LOAN;
        while self.held.len() < wanted {
            let Some(placeholder) = Placeholder::open() else { break };
            self.held.push(placeholder);
        }
        self.is_whole()
    }
}

/// Descriptors let go for a while. Dropping it takes them back.
#[derive(Debug)]
#[must_use = "dropping it takes the descriptors back at once"]
pub struct Loan {
    shared: Arc<Shared>,
}

impl Drop for Loan {
    fn drop(&mut self) {
        self.shared.with(|purse| {
            purse.loans -= 1;
            purse.refill();
        });
    }
}

/// One open descriptor without a purpose.
#[derive(Debug)]
struct Placeholder {
    #[cfg(unix)]
    _file: std::fs::File,
}

impl Placeholder {
    #[cfg(unix)]
    fn open() -> Option<Self> {
        std::fs::File::open("/dev/null").ok().map(|file| Self { _file: file })
    }

    /// Handles are not limited here: nothing needs to be held.
    #[cfg(not(unix))]
    #[expect(clippy::unnecessary_wraps, reason = "the signature of its Unix twin")]
    fn open() -> Option<Self> {
        Some(Self {})
    }
}
