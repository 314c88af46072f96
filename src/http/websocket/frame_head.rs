//! The head of a frame, as RFC 6455, 5.2, lays it out.

use super::violation::Violation;

/// The longest head of a client's frame, in bytes: two, eight for the length, four for the mask.
pub(super) const MOST_BYTES: usize = 14;

/// The most bytes of a control frame.
pub(super) const CONTROL_BYTES: usize = 125;

const FINAL: u8 = 0x80;
const COMPRESSED: u8 = 0x40;
const RESERVED: u8 = 0x30;
const MASKED: u8 = 0x80;

/// Lengths that say that the length follows, in two or in eight bytes.
const IN_TWO: u8 = 126;
const IN_EIGHT: u8 = 127;

/// What a frame is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Opcode {
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

impl Opcode {
    fn of(bits: u8) -> Option<Self> {
        let all =
            [Self::Continuation, Self::Text, Self::Binary, Self::Close, Self::Ping, Self::Pong];
        all.into_iter().find(|opcode| *opcode as u8 == bits)
    }

    pub(super) fn is_control(self) -> bool {
        self as u8 >= Self::Close as u8
    }
}

/// The head of a client's frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrameHead {
    pub(super) opcode: Opcode,
    /// Whether no further one of its message follows.
    pub(super) is_final: bool,
    /// Whether it begins a compressed message.
    pub(super) is_compressed: bool,
    pub(super) length: u64,
    pub(super) mask: [u8; 4],
}

impl FrameHead {
    /// How many bytes a head has that begins like this; as far as that is known.
    pub(super) fn bytes_of(begun: &[u8]) -> Result<usize, Violation> {
        let Some(second) = begun.get(1) else { return Ok(2) };
        // Before it is waited for what does not come.
        if second & MASKED == 0 {
            return Err(Violation::Protocol("a frame is not masked"));
        }
        Ok(match second & !MASKED {
            IN_EIGHT => MOST_BYTES,
            IN_TWO => 8,
            _ => 6,
        })
    }

    /// Reads a head that is there whole.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Violation> {
        let (&[first, second], rest) =
            bytes.split_first_chunk().ok_or(Violation::Protocol("a head is too short"))?;
        let (length, mask) = rest.split_at(rest.len().saturating_sub(4));
        let announced = u64::from(second & !MASKED);
        // The first byte is the most significant one.
        let number = length.iter().map(|&byte| u64::from(byte)).reduce(|all, byte| all << 8 | byte);
        let length = number.unwrap_or(announced);
        let mask = mask.try_into().map_err(|_| Violation::Protocol("a head is too short"))?;
        if first & RESERVED != 0 {
            return Err(Violation::Protocol("a reserved bit is set"));
        }
        let opcode = Opcode::of(first & 0x0f).ok_or(Violation::Protocol("an unknown opcode"))?;
        let (is_final, is_compressed) = (first & FINAL != 0, first & COMPRESSED != 0);
        if opcode.is_control() {
            if !is_final || length > CONTROL_BYTES as u64 {
                return Err(Violation::Protocol("a control frame is too long"));
            }
            if is_compressed {
                return Err(Violation::Protocol("a reserved bit is set"));
            }
        }
        Ok(Self { opcode, is_final, is_compressed, length, mask })
    }

    /// Appends the head of a frame of the server's that is a whole message of so many bytes.
    pub(super) fn write(opcode: Opcode, is_compressed: bool, length: usize, to: &mut Vec<u8>) {
        let compressed = if is_compressed { COMPRESSED } else { 0 };
        to.push(FINAL | compressed | opcode as u8);
        match (u8::try_from(length), u16::try_from(length)) {
            (Ok(length), _) if length < IN_TWO => to.push(length),
            (_, Ok(length)) => {
                to.push(IN_TWO);
                to.extend(length.to_be_bytes());
            }
            _ => {
                to.push(IN_EIGHT);
                to.extend((length as u64).to_be_bytes());
            }
        }
    }
}
