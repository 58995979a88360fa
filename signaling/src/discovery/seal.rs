//! What is announced of a meeting's code: enough for who knows the code to recognise it, dear for who does not.
//!
//! A code has 46 bits, which a fast hash would give away within a day. So the seal is Argon2id of the code, salted with
//! random bytes and with the fingerprint of the host's certificate: who does not know the code can neither find it at a bearable
//! price while the meeting lasts nor make a seal for a certificate of their own. `docs/protocol.md` has the figures.

use crate::protocol::{Fingerprint, MeetingCode};
use argon2::{Algorithm, Argon2, Block, Params, Version};

/// Tells this use of a code from any other.
const PURPOSE: &[u8] = b"nonet discovery 1";
const MEMORY_KIB: u32 = 32 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 1;

/// A code, sealed for one host. Making or checking one takes some 50 ms of a core and 32 MiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seal {
    /// Drawn for each meeting.
    pub salt: [u8; 16],
    pub tag: [u8; 16],
}

impl Seal {
    /// Seals the code of a meeting on the server with this certificate. The salt comes from a cryptographic source.
    pub fn new(code: MeetingCode, fingerprint: Fingerprint, salt: [u8; 16]) -> Self {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(16)).expect("Argon2 takes these");
        let mut memory = vec![Block::default(); params.block_count()];
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let secret = [PURPOSE, code.to_string().as_bytes()].concat();
        let salts = [&salt[..], &fingerprint.0].concat();
        let mut tag = [0; 16];
        argon2
            .hash_password_into_with_memory(&secret, &salts, &mut tag, &mut memory)
            .expect("Argon2 takes a secret, salt and tag of these lengths");
        Self { salt, tag }
    }

    /// Whether this is a seal of that code for that certificate.
    pub fn fits(&self, code: MeetingCode, fingerprint: Fingerprint) -> bool {
        Self::new(code, fingerprint, self.salt) == *self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_seal_is_what_it_has_always_been() {
        let seal = Seal::new("abc-defg-hij".parse().unwrap(), Fingerprint([7; 32]), [9; 16]);
        let tag: String = seal.tag.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(tag, "be70c1bdec112ea4db02668cd5ed3585", "programs of other versions could not find these meetings");
        assert!(include_str!("../../../docs/protocol.md").contains(&tag), "the document has the same example");
    }

    proptest! {
        // Slow on purpose.
        #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

        #[test]
        fn a_seal_fits_its_own_code_and_certificate_and_no_other(
            entropy in any::<[u8; 16]>(), other in any::<[u8; 16]>(), print in any::<[u8; 32]>(), salt in any::<[u8; 16]>(),
        ) {
            let (code, other) = (MeetingCode::from_entropy(entropy), MeetingCode::from_entropy(other));
            let seal = Seal::new(code, Fingerprint(print), salt);
            prop_assert!(seal.fits(code, Fingerprint(print)));
            prop_assert_eq!(seal.fits(other, Fingerprint(print)), code == other);
            let mut liar = print;
            liar[0] ^= 1;
            prop_assert!(!seal.fits(code, Fingerprint(liar)), "a seal cannot be taken over for another certificate");
            let mut resalted = seal;
            resalted.salt[0] ^= 1;
            prop_assert!(!resalted.fits(code, Fingerprint(print)));
        }
    }
}
