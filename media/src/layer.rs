//! The sizes in which one participant's pictures are sent: what encoders, links and the allocation between them share.

/// One of the sizes in which a participant's pictures are sent. Ordered by size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// At most 320×180.
    Low,
    /// At most 640×360.
    Middle,
    /// As captured, at most 1280×720. The only one that every capture has.
    Top,
}

impl Layer {
    /// How many there are at most.
    pub const COUNT: usize = 3;

    /// From the smallest to the largest.
    pub const ALL: [Self; Self::COUNT] = [Self::Low, Self::Middle, Self::Top];

    /// Its place in [`Layer::ALL`] and in every [`PerLayer`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// The next smaller one.
    pub fn below(self) -> Option<Self> {
        self.index().checked_sub(1).map(|index| Self::ALL[index])
    }

    /// The next larger one.
    pub fn above(self) -> Option<Self> {
        Self::ALL.get(self.index() + 1).copied()
    }
}

/// Something for each layer, at [`Layer::index`].
pub type PerLayer<T> = [T; Layer::COUNT];

/// Some of the layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layers(u8);

impl Layers {
    /// None of them.
    pub const NONE: Self = Self(0);

    pub fn insert(&mut self, layer: Layer) {
        self.0 |= 1 << layer.index();
    }

    pub fn contains(self, layer: Layer) -> bool {
        self.0 & 1 << layer.index() != 0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// From the smallest to the largest.
    pub fn iter(self) -> impl Iterator<Item = Layer> {
        Layer::ALL.into_iter().filter(move |layer| self.contains(*layer))
    }
}

impl FromIterator<Layer> for Layers {
    fn from_iter<I: IntoIterator<Item = Layer>>(layers: I) -> Self {
        let mut all = Self::NONE;
        layers.into_iter().for_each(|layer| all.insert(layer));
        all
    }
}

/// How large a layer is, and between which bitrates it is worth sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerFormat {
    /// In pixels, even.
    pub width: u32,
    pub height: u32,
    /// Bits per second of payload under which the next smaller layer looks better.
    pub min_bps: u32,
    /// Bits per second of payload above which more is not seen.
    pub max_bps: u32,
}

/// What is wanted of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerTarget {
    /// Bits per second of payload to aim at.
    pub bitrate_bps: u32,
    /// Most frames per second, at least 1.
    pub max_fps: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_know_their_neighbours() {
        assert_eq!(Layer::Low.below(), None);
        assert_eq!(Layer::Low.above(), Some(Layer::Middle));
        assert_eq!(Layer::Top.below(), Some(Layer::Middle));
        assert_eq!(Layer::Top.above(), None);
        assert!(Layer::ALL.is_sorted());
    }

    #[test]
    fn a_set_holds_what_was_put_in() {
        let set: Layers = [Layer::Top, Layer::Low].into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [Layer::Low, Layer::Top]);
        assert!(!set.contains(Layer::Middle) && !set.is_empty() && Layers::NONE.is_empty());
    }
}
