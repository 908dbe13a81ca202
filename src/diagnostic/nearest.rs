//! What somebody meant who wrote a name that stands for nothing: the nearest of the names that there are.
//!
//! There may be thousands of names, and thousands that stand for nothing; most pairs are told apart without comparing
//! them letter by letter.

/// The most names that are listed in one sentence.
const MOST_LISTED: usize = 12;

/// The one of `known` that is nearest to `word`, when it is near enough to have been meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters = Letters::of(word);
    let word: String = folded(word).collect();
    let distance = |candidate: &str| {
        let allowed = 1 + candidate.len() / 4;
        // Most names are of other letters; only what may be near is compared letter by letter.
        if letters.least_distance(&Letters::of(candidate)) > allowed {
            return None;
        }
        let candidate: String = folded(candidate).collect();
        Some(strsim::damerau_levenshtein(&word, &candidate)).filter(|distance| *distance <= allowed)
    };
    known
        .into_iter()
        .filter_map(|candidate| Some((distance(candidate)?, candidate)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// A word's letters without what people confuse: case, underscores and hyphens.
fn folded(text: &str) -> impl Iterator<Item = char> + '_ {
    let plain = text.chars().filter(|character| !matches!(character, '_' | '-'));
    plain.flat_map(char::to_lowercase)
}

/// How often each letter stands in a folded word; letters of one remainder are not told apart.
struct Letters([u8; 32]);

impl Letters {
    /// The letters of a word.
    fn of(word: &str) -> Self {
        let mut counts = [0_u8; 32];
        for letter in folded(word) {
            let kind = usize::try_from(u32::from(letter) % 32).ok();
            if let Some(count) = kind.and_then(|kind| counts.get_mut(kind)) {
                *count = count.saturating_add(1);
            }
        }
        Self(counts)
    }

    /// A number of changes of one letter with which one word cannot become the other if it is any smaller.
    fn least_distance(&self, other: &Self) -> usize {
        let pairs = || self.0.iter().zip(&other.0);
        let more: usize = pairs().map(|(one, other)| usize::from(one.saturating_sub(*other))).sum();
        let fewer: usize = pairs().map(|(one, other)| usize::from(other.saturating_sub(*one))).sum();
        more.max(fewer)
    }
}

/// `did you mean …?`
#[must_use]
pub fn meant(name: &str) -> String {
    format!("did you mean `{name}`?")
}

/// `did you mean …?`, or the list of what there is.
pub fn suggestion<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match (nearest(word, known.iter().copied()), known.get(..MOST_LISTED)) {
        (Some(near), _) => meant(near),
        (None, _) if known.is_empty() => "none is declared".to_owned(),
        (None, Some(some)) if known.len() > MOST_LISTED => {
            let some: Vec<String> = some.iter().map(|name| format!("`{name}`")).collect();
            format!("there are {} and {} more", some.join(", "), known.len() - MOST_LISTED)
        }
        (None, _) => format!("there is {}", list(&known)),
    }
}

/// `a`, `b` and `c`.
#[must_use]
pub fn list(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => format!("`{one}`"),
        [most @ .., last] => {
            let most: Vec<String> = most.iter().map(|word| format!("`{word}`")).collect();
            format!("{} and `{last}`", most.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_near() {
        assert_eq!(nearest("remaning", ["remaining", "consumed"]), Some("remaining"));
        assert_eq!(nearest("burnRate", ["burn_rate", "burned"]), Some("burn_rate"));
        assert_eq!(nearest("colour", ["remaining", "consumed"]), None);
        assert_eq!(suggestion("colour", ["a", "b", "c"]), "there is `a`, `b` and `c`");
        let many: Vec<String> = (0..100).map(|number| format!("service-{number}")).collect();
        let listed = suggestion("colour", many.iter().map(String::as_str));
        assert!(listed.ends_with("`service-11` and 88 more"), "{listed}");
        assert_eq!(suggestion("servce-77", many.iter().map(String::as_str)), "did you mean `service-77`?");
    }

    #[test]
    fn words_that_are_told_apart_by_their_letters_are_no_nearer() {
        let words =
            ["remaining", "remaning", "burn_rate", "burnRate", "ab", "ba", "", "zwölf", "zwolf", "aaaa"];
        for (one, other) in words.iter().flat_map(|one| words.iter().map(move |other| (one, other))) {
            let [left, right] = [one, other].map(|word| folded(word).collect::<String>());
            let distance = strsim::damerau_levenshtein(&left, &right);
            assert!(Letters::of(one).least_distance(&Letters::of(other)) <= distance, "{one} {other}");
        }
    }
}
