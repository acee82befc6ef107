//! Where messages end in the bytes that a peer sends, as far as the frames' headers tell.

/// Follows frames (RFC 6455, section 5.2). It judges nothing: bytes that are no frames end the connection elsewhere.
#[derive(Debug, Default)]
pub(super) struct Boundary {
    /// What is missing of the frame's mask and payload; within a header, what is known of the payload's length.
    left: u64,
    /// How many bytes of a header have come; none while a payload comes.
    header: u8,
    first: u8,
    second: u8,
    /// A message has begun whose last frame has not come.
    unfinished: bool,
}

const FINAL: u8 = 0x80;
const CONTROL: u8 = 0x08;
const MASKED: u8 = 0x80;
const MASK_BYTES: u64 = 4;

impl Boundary {
    /// These bytes have come.
    pub(super) fn pass(&mut self, mut bytes: &[u8]) {
        while let Some((&next, rest)) = bytes.split_first() {
            if self.header == 0 && self.left > 0 {
                let count = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
                self.left -= count as u64;
                bytes = &bytes[count..];
            } else {
                self.pass_header(next);
                bytes = rest;
            }
        }
    }

    /// Whether the last byte was the last of a message, so that whoever has taken all messages holds no bytes.
    pub(super) fn is_between_messages(&self) -> bool {
        self.header == 0 && self.left == 0 && !self.unfinished
    }

    fn pass_header(&mut self, next: u8) {
        match self.header {
            0 => self.first = next,
            1 => {
                self.second = next;
                self.left = u64::from(next & !MASKED);
            }
            // The length follows in bytes of its own, in place of the mark that says so.
            2 => self.left = next.into(),
            _ => self.left = self.left << 8 | u64::from(next),
        }
        self.header += 1;
        let length_bytes = match self.second & !MASKED {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        if self.header < 2 || self.header < 2 + length_bytes {
            return;
        }
        self.header = 0;
        if self.second & MASKED != 0 {
            self.left = self.left.saturating_add(MASK_BYTES);
        }
        if self.first & CONTROL == 0 {
            self.unfinished = self.first & FINAL == 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A masked frame of so many bytes.
    fn frame(first: u8, length: usize) -> Vec<u8> {
        let mut frame = vec![first];
        match (u8::try_from(length), u16::try_from(length)) {
            (Ok(short @ 0..126), _) => frame.push(0x80 | short),
            (_, Ok(medium)) => {
                frame.push(0x80 | 126);
                frame.extend(medium.to_be_bytes());
            }
            _ => {
                frame.push(0x80 | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend(vec![0xff; 4 + length]);
        frame
    }

    #[test]
    fn messages_end_where_their_frames_say_however_the_bytes_come() {
        const TEXT: u8 = 0x81;
        const PING: u8 = 0x89;
        const BEGIN: u8 = 0x01;
        const GO_ON: u8 = 0x00;
        const END: u8 = 0x80;
        let frames = [
            (frame(TEXT, 0), true),
            (frame(TEXT, 125), true),
            (frame(BEGIN, 126), false),
            (frame(PING, 5), false),
            (frame(GO_ON, 0), false),
            (frame(END, 65_536), true),
            (frame(PING, 0), true),
            (vec![TEXT, 3, b'a', b'b', b'c'], true),
        ];
        let bytes: Vec<u8> = frames.iter().flat_map(|(frame, _)| frame.clone()).collect();
        let mut ends = vec![0];
        let mut at = 0;
        for (frame, ends_message) in &frames {
            at += frame.len();
            if *ends_message {
                ends.push(at);
            }
        }
        for step in [1, 2, 3, 7, 1_000, bytes.len()] {
            let mut boundary = Boundary::default();
            let mut at = 0;
            for chunk in bytes.chunks(step) {
                assert_eq!(boundary.is_between_messages(), ends.contains(&at), "at {at} in steps of {step}");
                boundary.pass(chunk);
                at += chunk.len();
            }
            assert!(boundary.is_between_messages());
        }
    }
}
