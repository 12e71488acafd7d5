//! A terminal's screen as a picture that a page can show: SVG, made of what a terminal emulator holds.

use anstyle_svg::Term;

/// The lines of a screen that are in use, as SVG.
#[must_use]
pub fn svg(screen: &vt100::Screen) -> String {
    Term::new().render_svg(screen.contents_formatted_basic().trim_end())
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;

    #[test]
    fn text_colors_and_gaps_are_kept() {
        let mut parser = vt100::Parser::new(
            NonZeroU16::MIN.saturating_add(3),
            NonZeroU16::MIN.saturating_add(39),
            0,
        );
        parser.process(b"\x1b[31mred\x1b[0m    \xe2\x94\x82 & <plain>\r\n\r\nlast");
        let svg = super::svg(parser.screen());
        for part in ["fg-red", "red", "&lt;plain&gt;", "last"] {
            assert!(svg.contains(part), "{part} in {svg}");
        }
    }
}
