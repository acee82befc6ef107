//! WebSocket frames as a server writes them: whole, unmasked, and so the same bytes for every reader.

use bytes::Bytes;

const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;

/// A finished text frame.
pub(crate) fn text_frame(text: &str) -> Bytes {
    frame(TEXT, text.as_bytes())
}

/// A finished binary frame.
pub(crate) fn binary_frame(message: &[u8]) -> Bytes {
    frame(BINARY, message)
}

/// How many bytes of a finished frame come before its payload.
pub(crate) fn header_length(frame: &[u8]) -> usize {
    match frame[1] {
        127 => 10,
        126 => 4,
        _ => 2,
    }
}

/// What comes before so many bytes of text.
pub(crate) fn text_header(length: usize) -> Vec<u8> {
    header(TEXT, length, 0)
}

fn frame(first: u8, payload: &[u8]) -> Bytes {
    let mut frame = header(first, payload.len(), payload.len());
    frame.extend_from_slice(payload);
    frame.shrink_to_fit();
    Bytes::from(frame)
}

fn header(first: u8, length: usize, room: usize) -> Vec<u8> {
    let mut header = Vec::with_capacity(room + 11);
    header.push(first);
    match length {
        short @ 0..126 => header.push(short as u8),
        medium @ 126..65_536 => {
            header.push(126);
            header.extend_from_slice(&(medium as u16).to_be_bytes());
        }
        long => {
            header.push(127);
            header.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_one_three_or_nine_bytes() {
        for (length, header) in [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            let frame = text_frame(&"x".repeat(length));
            assert_eq!((frame.len(), header_length(&frame)), (length + header, header));
        }
        assert_eq!(&binary_frame(&[7; 300])[..4], &[0x82, 126, 1, 44]);
    }
}
