// How a key's name is packed: included by `build.rs`, which packs, and by `shape.rs`, which reads.

/// 32 bits of a name (FNV-1a).
const fn hash(name: &str) -> u32 {
    let mut rest = name.as_bytes();
    let mut hash: u32 = 0x811c_9dc5;
    while let [byte, more @ ..] = rest {
        hash = (hash ^ *byte as u32).wrapping_mul(0x0100_0193);
        rest = more;
    }
    hash
}
