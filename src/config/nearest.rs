//! The name that was most likely meant.

/// Below this likeness (1 is equal) a guess confuses more than it helps.
const LIKELY: f64 = 0.65;

/// The most similar of `candidates`, if one is similar.
pub(super) fn word<'a>(text: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = text.to_lowercase();
    best(candidates, |candidate| strsim::normalized_damerau_levenshtein(&lower, &candidate.to_lowercase()))
}

/// The most similar of the dotted `keys`. A key whose last part is the same or nearly so in another section
/// wins over chance similarity.
pub(super) fn key<'a>(text: &str, keys: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_lowercase();
    let (lower, leaf) = (text.to_lowercase(), last(text));
    best(keys, |key| {
        let whole = strsim::normalized_damerau_levenshtein(&lower, key);
        let leaves = strsim::normalized_damerau_levenshtein(&leaf, &last(key));
        whole.max(0.6 * leaves * leaves + 0.4 * whole)
    })
}

fn best<'a>(
    candidates: impl IntoIterator<Item = &'a str>,
    likeness: impl Fn(&str) -> f64,
) -> Option<&'a str> {
    let scored = candidates.into_iter().map(|candidate| (likeness(candidate), candidate));
    let best = scored.fold(None, |best: Option<(f64, &str)>, next| match best {
        Some(best) if best.0 >= next.0 => Some(best),
        _ => Some(next),
    });
    best.filter(|(likeness, _)| *likeness >= LIKELY).map(|(_, candidate)| candidate)
}
