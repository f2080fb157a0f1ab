//! The exposition in an order that people and `diff` can follow. The recorder keeps series in hash maps and renders them as they lie.

/// Sorts families by name and their series by labels. A histogram's series keep their order, which is that of their buckets.
pub(super) fn in_order(text: &str) -> String {
    let mut families: Vec<&str> = text.split_terminator("\n\n").filter(|family| !family.is_empty()).collect();
    families.sort_unstable();
    let mut sorted = String::with_capacity(text.len());
    for family in families {
        let mut lines: Vec<&str> = family.lines().collect();
        let head = lines.partition_point(|line| line.starts_with('#'));
        if !lines[..head].iter().any(|line| line.ends_with(" histogram")) {
            lines[head..].sort_unstable();
        }
        for line in lines {
            sorted.push_str(line);
            sorted.push('\n');
        }
        sorted.push('\n');
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_and_series_are_sorted_and_buckets_are_not() {
        let text = "# HELP b x\n# TYPE b counter\nb{l=\"2\"} 1\nb{l=\"1\"} 1\n\n\
                    # HELP a x\n# TYPE a histogram\na_bucket{le=\"5\"} 1\na_bucket{le=\"10\"} 1\na_sum 1\na_count 1\n\n";
        let sorted = "# HELP a x\n# TYPE a histogram\na_bucket{le=\"5\"} 1\na_bucket{le=\"10\"} 1\na_sum 1\na_count 1\n\n\
                      # HELP b x\n# TYPE b counter\nb{l=\"1\"} 1\nb{l=\"2\"} 1\n\n";
        assert_eq!(in_order(text), sorted);
    }
}
