//! Hangul syllables, which are computed (The Unicode Standard, 3.12).

const S_BASE: u32 = 0xAC00;
const L_BASE: u32 = 0x1100;
const V_BASE: u32 = 0x1161;
const T_BASE: u32 = 0x11A7;
const L_COUNT: u32 = 19;
const V_COUNT: u32 = 21;
const T_COUNT: u32 = 28;
const S_COUNT: u32 = L_COUNT * V_COUNT * T_COUNT;

const LEADS: [&str; 19] = ["G", "GG", "N", "D", "DD", "R", "M", "B", "BB", "S", "SS", "", "J", "JJ", "C", "K", "T", "P", "H"];
const VOWELS: [&str; 21] =
    ["A", "AE", "YA", "YAE", "EO", "E", "YEO", "YE", "O", "WA", "WAE", "OE", "YO", "U", "WEO", "WE", "WI", "YU", "EU", "YI", "I"];
const TRAILS: [&str; 28] = [
    "", "G", "GG", "GS", "N", "NJ", "NH", "D", "L", "LG", "LM", "LB", "LS", "LT", "LP", "LH", "M", "B", "BS", "S", "SS", "NG",
    "J", "C", "K", "T", "P", "H",
];

/// Lead, vowel and trail of a syllable, by number.
fn parts(code: u32) -> Option<(u32, u32, u32)> {
    let index = code.checked_sub(S_BASE).filter(|&index| index < S_COUNT)?;
    Some((index / (V_COUNT * T_COUNT), index / T_COUNT % V_COUNT, index % T_COUNT))
}

/// The two or three letters of a syllable.
pub(crate) fn decompose(code: u32) -> Option<([u32; 3], usize)> {
    let (lead, vowel, trail) = parts(code)?;
    Some(([L_BASE + lead, V_BASE + vowel, T_BASE + trail], if trail == 0 { 2 } else { 3 }))
}

/// The syllable of two letters, or of a syllable without a trail and a trail.
pub(crate) fn compose(first: u32, second: u32) -> Option<u32> {
    if let Some(lead) = first.checked_sub(L_BASE).filter(|&lead| lead < L_COUNT) {
        let vowel = second.checked_sub(V_BASE).filter(|&vowel| vowel < V_COUNT)?;
        return Some(S_BASE + (lead * V_COUNT + vowel) * T_COUNT);
    }
    let (_, _, 0) = parts(first)? else { return None };
    let trail = second.checked_sub(T_BASE).filter(|trail| (1..T_COUNT).contains(trail))?;
    Some(first + trail)
}

/// The name of a syllable.
pub(crate) fn name(code: u32) -> Option<String> {
    let (lead, vowel, trail) = parts(code)?;
    let part = |names: &[&'static str], number: u32| names.get(number as usize).copied().unwrap_or("");
    Some(format!("HANGUL SYLLABLE {}{}{}", part(&LEADS, lead), part(&VOWELS, vowel), part(&TRAILS, trail)))
}

/// The syllable whose name ends so.
pub(crate) fn from_name(rest: &str) -> Option<u32> {
    let (lead, rest) = longest(&LEADS, rest)?;
    let (vowel, rest) = longest(&VOWELS, rest)?;
    let (trail, rest) = longest(&TRAILS, rest)?;
    rest.is_empty().then_some(S_BASE + (lead * V_COUNT + vowel) * T_COUNT + trail)
}

/// The longest of the names that the text begins with.
fn longest<'a>(names: &[&str], text: &'a str) -> Option<(u32, &'a str)> {
    let (number, name) =
        names.iter().enumerate().filter(|(_, name)| text.starts_with(**name)).max_by_key(|(_, name)| name.len())?;
    Some((u32::try_from(number).ok()?, text.get(name.len()..)?))
}
