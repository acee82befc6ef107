//! Binary messages: a version byte, the header's length, the header, the payload (PROTOCOL.md, Bytes).

use alloc::vec::Vec;

/// The longest header, in bytes.
pub const MAX_HEADER: usize = 16 * 1024;

const VERSION: u8 = 1;

/// What comes before the header, in bytes.
pub(crate) const PREFIX: usize = 5;

/// Joins a header (JSON text of the frame without its payload) and a payload into one binary message.
pub fn join(header: &str, payload: &[u8]) -> Vec<u8> {
    let [a, b, c, d] = (header.len() as u32).to_be_bytes();
    let mut message = [VERSION, a, b, c, d].to_vec();
    message.extend_from_slice(header.as_bytes());
    message.extend_from_slice(payload);
    message
}

/// Takes a binary message apart into its header and payload.
///
/// `None` where it is not one: another version, a header cut off, longer than [`MAX_HEADER`], or not UTF-8.
pub fn split(message: &[u8]) -> Option<(&str, &[u8])> {
    let rest = message.strip_prefix(&[VERSION])?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let length = u32::from_be_bytes(*length) as usize;
    if length > MAX_HEADER {
        return None;
    }
    let (header, payload) = rest.split_at_checked(length)?;
    Some((core::str::from_utf8(header).ok()?, payload))
}

#[cfg(test)]
mod tests {
    use super::{MAX_HEADER, join, split};

    #[test]
    fn a_joined_message_splits_again() {
        let message = join("{}", &[0, 255]);
        assert_eq!(message, [1, 0, 0, 0, 2, b'{', b'}', 0, 255]);
        assert_eq!(split(&message), Some(("{}", &[0_u8, 255][..])));
    }

    #[test]
    fn what_is_not_a_message_is_refused() {
        let long = join(&"x".repeat(MAX_HEADER + 1), &[]);
        let cases: [&[u8]; 6] =
            [&[], &[1, 0, 0], &[2, 0, 0, 0, 0], &[1, 0, 0, 0, 3, b'{'], &[1, 0, 0, 0, 1, 0xff], &long];
        for case in cases {
            assert_eq!(split(case), None);
        }
    }
}
