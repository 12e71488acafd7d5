//! What the fuzz targets share: a second JSON5 reader to compare with, and the reading of an input as a request and a document.

pub mod edits;
pub mod reference;
