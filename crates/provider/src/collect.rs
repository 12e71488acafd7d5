//! Gathering items into a set or a map.

/// Gathers by inserting one after the other. `collect` of the library's trees sorts first, and each type of item would bring
/// a sort of 4 KB of its own into the component.
pub(crate) fn collect_unsorted<C: Default + Extend<T>, T>(items: impl IntoIterator<Item = T>) -> C {
    let mut all = C::default();
    all.extend(items);
    all
}
