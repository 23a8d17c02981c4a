//! A small generator of pseudo-random numbers: the same seed draws the same world in every process and version.

/// `SplitMix64` (Steele, Lea and Flood, 2014).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator that begins at a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A generator for one purpose, so that drawing more for one thing does not change another.
    #[must_use]
    pub fn for_purpose(seed: u64, purpose: &str) -> Self {
        let mut state = seed ^ 0xcbf2_9ce4_8422_2325;
        for byte in purpose.bytes() {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        let mut random = Self(state);
        random.draw();
        random
    }

    /// The next 64 bits.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `min` to `max`, both included; `min` when they are the wrong way round.
    pub fn between(&mut self, min: u64, max: u64) -> u64 {
        match max.checked_sub(min) {
            None | Some(0) => min,
            Some(u64::MAX) => self.draw(),
            Some(width) => min + self.draw() % (width + 1),
        }
    }

    /// Whether something of this likelihood happens.
    pub fn chance(&mut self, likelihood: f64) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "53 bits are drawn, which a double holds exactly")]
        let drawn = (self.draw() >> 11) as f64 / (1_u64 << 53) as f64;
        drawn < likelihood
    }

    /// One of several values.
    ///
    /// # Panics
    /// When there are none.
    pub fn pick<'a, T>(&mut self, values: &'a [T]) -> &'a T {
        let last = values.len().checked_sub(1).expect("a choice among nothing");
        &values[usize::try_from(self.between(0, last as u64)).unwrap_or(last)]
    }

    /// So many bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        std::iter::repeat_with(|| self.draw().to_le_bytes()).flatten().take(count).collect()
    }

    /// A random UUID in its text form.
    pub fn uuid(&mut self) -> String {
        let (high, low) = (self.draw(), self.draw());
        format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 52,
            low & 0xffff_ffff_ffff
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_sequence_is_drawn() {
        let mut random = Random::new(1_234_567);
        let drawn: Vec<u64> = (0..3).map(|_| random.draw()).collect();
        assert_eq!(drawn, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn purposes_do_not_disturb_each_other() {
        assert_ne!(Random::for_purpose(1, "keys").draw(), Random::for_purpose(1, "latency").draw());
        assert_eq!(Random::for_purpose(1, "keys").draw(), Random::for_purpose(1, "keys").draw());
        assert_eq!(Random::new(1).uuid().len(), 36);
    }
}
