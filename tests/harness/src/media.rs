//! The smallest picture and sound that OpenClaw accepts.

/// A gray square, as PNG.
pub const IMAGE: &[u8] = b"\x89PNG\x0d\x0a\x1a\x0a\x00\x00\x00\x0dIHDR\x00\x00\x00\x10\x00\x00\x00\x10\x08\x00\x00\x00\x00:\x98\xa0\xbd\x00\x00\x00\x0fIDATx\xdach@\x03\x0c#[\x00\x00\x05\x0c\x80\x01\xe33Y\x8a\x00\x00\x00\x00IEND\xaeB`\x82";
/// [`IMAGE`] in base64.
pub const IMAGE_BASE64: &str = "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAAAAAA6mKC9AAAAD0lEQVR42mNoQAMMI1sAAAUMgAEz48aFAAAAAElFTkSuQmCC";

/// A silent WAV in base64: OpenClaw has nothing of less than a kilobyte transcribed.
#[must_use]
pub fn sound_base64() -> String {
    let head = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAAA";
    [head, &"AAAA".repeat(500)].concat()
}
