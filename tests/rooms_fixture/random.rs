//! Random numbers of a seed that is printed, so that what failed can be tried again: `OREAD_SEED=… cargo test`.

/// Numbers of a seed. (Marsaglia, Xorshift RNGs, 2003.)
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// With the seed in `OREAD_SEED`, or one of this moment. A failing test shows it.
    #[allow(clippy::print_stderr)]
    pub fn seeded() -> Self {
        let moment = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let given = std::env::var("OREAD_SEED").ok().map(|seed| seed.parse::<u64>().expect("a number"));
        let seed = given.unwrap_or(u64::from(moment.subsec_nanos()) + moment.as_secs());
        eprintln!("OREAD_SEED={seed}");
        Self::of(seed)
    }

    /// With this one.
    pub fn of(seed: u64) -> Self {
        // Neighbouring seeds are to begin differently, and none is to be 0.
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// One of `0..below`.
    pub fn below(&mut self, below: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from(((self.0 >> 32) * u64::from(below)) >> 32).unwrap()
    }

    /// Whether something happens that happens once in so many times.
    pub fn once_in(&mut self, times: u32) -> bool {
        self.below(times) == 0
    }

    /// Another source, which goes its own way.
    pub fn fork(&mut self) -> Self {
        Self::of(u64::from(self.below(u32::MAX)))
    }
}
