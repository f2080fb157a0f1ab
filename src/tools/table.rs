//! Rows in columns, for people: numbers to the right, words to the left, two spaces between.

/// One column: its head, and whether it holds numbers.
pub(super) type Column = (&'static str, bool);

/// The rows below the heads of `columns`, without spaces at the ends of lines.
pub(super) fn laid_out(columns: &[Column], rows: &[Vec<String>]) -> String {
    let heads = columns.iter().map(|(head, _)| (*head).to_owned()).collect();
    let lines: Vec<Vec<String>> = std::iter::once(heads)
        .chain(rows.iter().map(|row| row.iter().map(|cell| plain(cell)).collect()))
        .collect();
    let width = |nth: usize| lines.iter().map(|line| line[nth].chars().count()).max().unwrap_or(0);
    let widths: Vec<_> = (0..columns.len()).map(width).collect();
    let cell = |((cell, (_, is_number)), width): ((&String, &Column), &usize)| {
        if *is_number { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
    };
    let laid = lines.iter().map(|line| {
        let cells: Vec<_> = line.iter().zip(columns).zip(&widths).map(cell).collect();
        cells.join("  ").trim_end().to_owned()
    });
    laid.collect::<Vec<_>>().join("\n")
}

/// Text of others, without what would move a terminal's cursor.
fn plain(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_to_the_right_and_words_to_the_left() {
        let rows =
            [["7", "größe", "x"], ["1,234", "b\x1b[2J", ""]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(
            laid_out(&[("N", true), ("NAME", false), ("LAST", false)], &rows),
            "    N  NAME   LAST\n    7  größe  x\n1,234  b\u{fffd}[2J"
        );
    }
}
