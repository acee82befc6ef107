//! Where appended events are kept, and who carries out what sessions want.

mod memory;

pub use memory::MemoryBroker;
