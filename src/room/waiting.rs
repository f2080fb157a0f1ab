//! Who waits: wakers by seat. Registering twice replaces, leaving takes out, and all are taken at once; each in constant time.

/// Wakers in order of registration. Seat numbers index a table, so they have to be small.
#[derive(Debug)]
pub(super) struct Waiting<W> {
    wakers: Vec<W>,
    /// The seat of each waker.
    seats: Vec<usize>,
    /// Where a seat's waker is, if `seats` agrees: so emptying the list need not touch this.
    places: Vec<u32>,
}

impl<W> Default for Waiting<W> {
    fn default() -> Self {
        Self { wakers: Vec::new(), seats: Vec::new(), places: Vec::new() }
    }
}

impl<W> Waiting<W> {
    pub(super) fn is_empty(&self) -> bool {
        self.wakers.is_empty()
    }

    pub(super) fn put(&mut self, seat: usize, waker: W) {
        if let Some(place) = self.place(seat) {
            self.wakers[place] = waker;
            return;
        }
        if self.places.len() <= seat {
            self.places.resize(seat + 1, u32::MAX);
        }
        self.places[seat] = u32::try_from(self.seats.len()).unwrap_or(u32::MAX);
        self.seats.push(seat);
        self.wakers.push(waker);
    }

    pub(super) fn remove(&mut self, seat: usize) -> Option<W> {
        let place = self.place(seat)?;
        self.seats.swap_remove(place);
        if let Some(moved) = self.seats.get(place) {
            self.places[*moved] = self.places[seat];
        }
        Some(self.wakers.swap_remove(place))
    }

    /// All of them. The next list is expected to become as long.
    pub(super) fn take(&mut self) -> Vec<W> {
        self.seats.clear();
        let next = Vec::with_capacity(self.wakers.len());
        std::mem::replace(&mut self.wakers, next)
    }

    fn place(&self, seat: usize) -> Option<usize> {
        let place = *self.places.get(seat)? as usize;
        (self.seats.get(place) == Some(&seat)).then_some(place)
    }
}
