//! A terminal's screen as a picture that a page can show: SVG, made of what a terminal emulator holds.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Color, Effects, RgbColor, Style};
use anstyle_svg::Term;

/// The lines of a screen that are in use, as SVG.
#[must_use]
pub fn svg(screen: &vt100::Screen) -> String {
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let mut lines: Vec<String> = (0..rows).map(|row| line(screen, row, columns)).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    Term::new().render_svg(&lines.join("\n"))
}

/// One row with its colors as escape sequences, blanks at its end left out.
fn line(screen: &vt100::Screen, row: u16, columns: u16) -> String {
    let mut text = String::new();
    let mut blanks = 0;
    for column in 0..columns {
        let Some(cell) = screen.cell(row, column) else {
            continue;
        };
        if cell.is_wide_continuation() {
            continue;
        }
        let style = style(cell);
        if cell.contents().trim().is_empty() && !cell.inverse() {
            blanks += 1;
            continue;
        }
        text.extend(std::iter::repeat_n(' ', blanks));
        blanks = 0;
        let shown = if cell.has_contents() {
            cell.contents()
        } else {
            " "
        };
        // Writing to a String cannot fail.
        let _ = write!(text, "{style}{shown}{style:#}");
    }
    text
}

fn style(cell: &vt100::Cell) -> Style {
    let mut effects = Effects::new();
    for (set, effect) in [
        (cell.bold(), Effects::BOLD),
        (cell.dim(), Effects::DIMMED),
        (cell.italic(), Effects::ITALIC),
        (cell.underline(), Effects::UNDERLINE),
        (cell.inverse(), Effects::INVERT),
    ] {
        if set {
            effects |= effect;
        }
    }
    Style::new()
        .fg_color(color(cell.fgcolor()))
        .bg_color(color(cell.bgcolor()))
        .effects(effects)
}

fn color(color: vt100::Color) -> Option<Color> {
    const NAMED: [AnsiColor; 16] = [
        AnsiColor::Black,
        AnsiColor::Red,
        AnsiColor::Green,
        AnsiColor::Yellow,
        AnsiColor::Blue,
        AnsiColor::Magenta,
        AnsiColor::Cyan,
        AnsiColor::White,
        AnsiColor::BrightBlack,
        AnsiColor::BrightRed,
        AnsiColor::BrightGreen,
        AnsiColor::BrightYellow,
        AnsiColor::BrightBlue,
        AnsiColor::BrightMagenta,
        AnsiColor::BrightCyan,
        AnsiColor::BrightWhite,
    ];
    match color {
        vt100::Color::Default => None,
        vt100::Color::Idx(index) => Some(match NAMED.get(usize::from(index)) {
            Some(named) => Color::Ansi(*named),
            None => Color::Ansi256(index.into()),
        }),
        vt100::Color::Rgb(red, green, blue) => Some(Color::Rgb(RgbColor(red, green, blue))),
    }
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
