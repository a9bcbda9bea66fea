//! Where the texts of a workspace come from: a folder, or memory.

mod directory;
mod memory;
mod overlay;

pub use directory::DirectorySource;
pub use memory::MemorySource;
pub use overlay::OverlaySource;
