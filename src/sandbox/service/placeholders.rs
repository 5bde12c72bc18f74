//! Variables in the texts of templates: `${name}` in SMS, `$(name)` or `{{1}}` in CAMS.

/// The delimiters of a variable.
type Style = &'static [(&'static str, &'static str)];

pub const SMS: Style = &[("${", "}")];
pub const CAMS: Style = &[("$(", ")"), ("{{", "}}")];

/// The names of the variables in order of appearance, without duplicates.
pub fn names(text: &str, style: Style) -> Vec<String> {
    let mut names = Vec::new();
    walk(text, style, |segment| {
        if let Segment::Variable { name, .. } = segment
            && !names.iter().any(|known| known == name)
        {
            names.push(name.to_owned());
        }
    });
    names
}

/// Replaces every variable for which `value` returns a text; the others stay unchanged.
pub fn render(text: &str, style: Style, value: impl Fn(&str) -> Option<String>) -> String {
    let mut rendered = String::new();
    walk(text, style, |segment| match segment {
        Segment::Text(text) => rendered.push_str(text),
        Segment::Variable { name, source } => match value(name) {
            Some(value) => rendered.push_str(&value),
            None => rendered.push_str(source),
        },
    });
    rendered
}

enum Segment<'a> {
    Text(&'a str),
    Variable { name: &'a str, source: &'a str },
}

fn walk<'a>(mut text: &'a str, style: Style, mut visit: impl FnMut(Segment<'a>)) {
    loop {
        let next = style
            .iter()
            .filter_map(|(open, close)| text.find(open).map(|start| (start, *open, *close)))
            .min_by_key(|(start, _, _)| *start);
        let Some((start, open, close)) = next else { break };
        let inside = &text[start + open.len()..];
        let Some(length) = inside.find(close) else { break };
        visit(Segment::Text(&text[..start]));
        let end = start + open.len() + length + close.len();
        visit(Segment::Variable { name: inside[..length].trim(), source: &text[start..end] });
        text = &text[end..];
    }
    visit(Segment::Text(text));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_every_occurrence_is_replaced() {
        assert_eq!(names("${a} and ${b} and ${a}", SMS), ["a", "b"]);
        assert_eq!(names("$(a) and {{1}}", CAMS), ["a", "1"]);
        let upper = |name: &str| Some(name.to_uppercase());
        assert_eq!(render("${a} and ${b}!", SMS, upper), "A and B!");
        assert_eq!(render("open ${a", SMS, upper), "open ${a");
        assert_eq!(render("$(a){{b}}", CAMS, |_| None), "$(a){{b}}");
    }
}
