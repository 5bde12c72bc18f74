//! `--jq`: a filter in the language of jq, which is applied to the JSON of a result.
//!
//! The filter runs on a thread of its own, so that a signal ends one that runs forever. It cannot
//! end the process, and cannot read the environment. A definition that calls itself without end would
//! overflow the stack, which ends the process, so each one begins with a check of the stack.

mod stack;

use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;

use jaq_core::data::JustLut;
use jaq_core::load::{self, Arena, File, Loader, lex, parse};
use jaq_core::{Compiler, Ctx, Vars, compile};
use jaq_json::{Val, read};

use crate::message::sanitize;
use crate::os::signals::SignalSubscription;

/// Filters can be deeply nested; only the used part of the stack takes memory.
const STACK_BYTES: usize = 64 << 20;
/// How deeply a result can be nested. Printing a value uses the stack for each level.
const MAX_DEPTH: usize = 1_000;
/// In bytes. A longer expression can be nested so deeply that the stack does not suffice to parse it.
const MAX_LENGTH: usize = 10_000;

type Filter = jaq_core::Filter<JustLut<Val>>;

/// Checks an expression.
///
/// # Errors
/// What is wrong with it.
pub fn check(expression: &str) -> Result<(), String> {
    if expression.len() > MAX_LENGTH {
        return Err(format!("it is longer than {MAX_LENGTH} bytes"));
    }
    thread::scope(|scope| {
        let compile = || compile(expression).map(drop);
        let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, compile);
        let thread = thread.map_err(|error| format!("cannot start a thread: {error}"))?;
        thread.join().unwrap_or_else(|_| Err("internal error".to_string()))
    })
}

/// Applies an expression to a JSON text. `print` gets each result: texts as they are, other values
/// as JSON on one line.
///
/// # Errors
/// The expression fails, a signal came, or `print` failed.
pub fn run(
    expression: &str,
    json: String,
    mut print: impl FnMut(&str) -> Result<(), String>,
) -> Result<(), String> {
    #[derive(Clone)]
    enum Event {
        Line(String),
        End(Result<(), String>),
        Signal,
    }
    let (sender, events) = mpsc::channel();
    let _subscription = SignalSubscription::new(sender.clone(), Event::Signal);
    let expression = expression.to_string();
    let thread = thread::Builder::new().name("jq".into()).stack_size(STACK_BYTES);
    let evaluate = move || {
        let each = |line| sender.send(Event::Line(line)).is_ok();
        let end = catch_unwind(AssertUnwindSafe(|| evaluate(&expression, &json, each)));
        let end = end.unwrap_or_else(|_| Err("internal error".to_string()));
        drop(sender.send(Event::End(end)));
    };
    thread.spawn(evaluate).map_err(|error| format!("cannot start a thread: {error}"))?;
    loop {
        match events.recv() {
            Ok(Event::Line(line)) => print(&line)?,
            Ok(Event::End(end)) => return end,
            Ok(Event::Signal) | Err(_) => return Err("interrupted".to_string()),
        }
    }
}

/// `each` gets the results; false ends the evaluation.
fn evaluate(
    expression: &str,
    json: &str,
    mut each: impl FnMut(String) -> bool,
) -> Result<(), String> {
    stack::measure_from_here();
    let filter = compile(&stack::with_checks(expression))?;
    let input = read::parse_single(json.as_bytes()).map_err(|error| error.to_string())?;
    let context = Ctx::<JustLut<Val>>::new(&filter.lut, Vars::new([]));
    for result in filter.id.run((context, input)) {
        let value = match result.map_err(jaq_core::Exn::get_err) {
            Ok(value) => value,
            Err(Ok(error)) => return Err(error.to_string()),
            // `halt` ends the filter; the exit code remains that of the run.
            Err(Err(_)) => return Ok(()),
        };
        if is_too_deep(&value) {
            // Freeing it would overflow the stack as well, and the process is short.
            let _ = ManuallyDrop::new(value);
            return Err(format!("a result is nested more than {MAX_DEPTH} levels deep"));
        }
        let line = match &value {
            Val::TStr(text) => sanitize::block(&String::from_utf8_lossy(text)),
            other => sanitize::json(&other.to_string()),
        };
        if !each(line) {
            break;
        }
    }
    Ok(())
}

/// Whether a value is nested more than [`MAX_DEPTH`] levels deep; without recursion.
fn is_too_deep(value: &Val) -> bool {
    let mut open = vec![(value, 0)];
    while let Some((value, depth)) = open.pop() {
        if depth > MAX_DEPTH {
            return true;
        }
        match value {
            Val::Arr(items) => open.extend(items.iter().map(|item| (item, depth + 1))),
            Val::Obj(fields) => {
                let parts = fields.iter().flat_map(|(name, value)| [name, value]);
                open.extend(parts.map(|part| (part, depth + 1)));
            }
            _ => {}
        }
    }
    false
}

fn compile(expression: &str) -> Result<Filter, String> {
    let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    // The environment can have secrets, and output often goes to a log.
    let functions = jaq_std::funs().filter(|(name, ..)| *name != "env");
    let functions = jaq_core::funs().chain(functions).chain(jaq_json::funs());
    let functions = functions.chain([stack::function()]);
    let loader = Loader::new(definitions);
    let arena = Arena::default();
    let modules = loader
        .load(&arena, File { code: expression, path: () })
        .map_err(|errors| first_error(errors, |error| syntax_error(expression, error)))?;
    Compiler::default().with_funs(functions).compile(modules).map_err(|errors| {
        first_error(errors, |errors: Vec<compile::Error<&str>>| {
            errors.first().map(|(name, kind)| format!("undefined {} {name}", kind.as_str()))
        })
    })
}

/// The description of the first error; the libraries collect all of them, each with its file.
fn first_error<F, E>(errors: Vec<(F, E)>, describe: impl Fn(E) -> Option<String>) -> String {
    let first = errors.into_iter().find_map(|(_, error)| describe(error));
    first.unwrap_or_else(|| "invalid expression".to_string())
}

fn syntax_error(expression: &str, error: load::Error<&str>) -> Option<String> {
    let unexpected = |expected: &str, rest: &str| {
        let start = expression.len().saturating_sub(rest.len());
        let position = expression.get(..start).map_or(0, |text| text.chars().count()) + 1;
        match rest.chars().next() {
            None => format!("it ends early; expected {expected}"),
            Some(found) => format!("expected {expected} at character {position}, found {found:?}"),
        }
    };
    match error {
        load::Error::Io(_) => Some("modules cannot be loaded".to_string()),
        load::Error::Lex(errors) => errors
            .first()
            .map(|(expected, rest): &lex::Error<&str>| unexpected(expected.as_str(), rest)),
        load::Error::Parse(errors) => {
            errors.first().map(|(expected, found): &parse::Error<&str>| {
                let offset = (found.as_ptr() as usize).wrapping_sub(expression.as_ptr() as usize);
                unexpected(expected.as_str(), expression.get(offset..).unwrap_or_default())
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(expression: &str) -> Result<Vec<String>, String> {
        let json =
            r#"{"ok":true,"data":{"id":"9^0","rows":[{"a":1},{"a":2.50}],"text":"x\ny\u001b[2J"}}"#;
        let mut lines = Vec::new();
        run(expression, json.to_string(), |line| {
            lines.push(line.to_string());
            Ok(())
        })
        .map(|()| lines)
    }

    #[test]
    fn texts_are_raw_and_other_values_are_json() {
        for (expression, expected) in [
            (".data.id", &["9^0"][..]),
            (".data.rows[]", &[r#"{"a":1}"#, r#"{"a":2.50}"#]),
            (".data.rows | map(.a) | add", &["3.5"]),
            (".ok, .none", &["true", "null"]),
            (".data.text", &["x\ny"]),
            ("empty", &[]),
            (r#".data | "\(.id) \(.rows | length)""#, &["9^0 2"]),
            ("1, halt, 2", &["1"]),
            ("[limit(3; repeat(1))] | tojson", &["[1,1,1]"]),
            (
                r#""2026-03-26T06:05:00Z" | fromdateiso8601 | todateiso8601 | test("T06")"#,
                &["true"],
            ),
        ] {
            assert_eq!(results(expression).expect(expression), expected, "{expression}");
        }
    }

    #[test]
    fn a_mistake_is_found_before_the_run() {
        for (expression, expected) in [
            (".data[", "it ends early"),
            (".a b", "at character 4, found 'b'"),
            (".a | foo(1)", "undefined filter foo"),
            ("$x", "undefined variable"),
            ("env", "undefined filter env"),
            ("include \"x\"; .", "modules"),
        ] {
            let error = check(expression).expect_err(expression);
            assert!(error.contains(expected), "{expression}: {error}");
        }
        assert!(check(".data | keys").is_ok());
    }

    #[test]
    fn endless_recursion_is_an_error() {
        for expression in [
            "def f: 1 + f; f",
            "def f: [f]; f",
            "def f: def g: {a: f}; g | .a; f",
            "def f($n; g): \"\\(f($n + 1; g))\"; f(0; .)",
            "\"\\(def f: 1 + f; f)\"",
            "[1, (def f: f + 1; f)]",
            "def f: try f catch error; 1 + f",
            "try (def f: f + 1; f) catch error",
            "path(def f: f | .a; f)",
        ] {
            let error = results(expression).expect_err(expression);
            assert!(error.contains("recursion"), "{expression}: {error}");
        }
        // Recursion that ends, also with many steps.
        for (expression, expected) in [
            ("def fac: if . <= 1 then 1 else . * (. - 1 | fac) end; 10 | fac", "3628800"),
            ("def f: if . >= 20000 then . else . + 1 | f end; 0 | f", "20000"),
            ("def f: if . >= 1000 then 0 else 1 + (. + 1 | f) end; 0 | f", "1000"),
            ("def same(g): g; {def: same(7)} | .def", "7"),
            ("(def f: .a; f) |= 1 | .a", "1"),
            ("[path(def f: .data | .id; f)] | tojson", "[[\"data\",\"id\"]]"),
        ] {
            assert_eq!(results(expression).expect(expression), [expected], "{expression}");
        }
    }

    #[test]
    fn a_result_that_is_nested_too_deeply_is_an_error() {
        for nest in ["[.]", "{a: .}", "[1, {a: [.]}]"] {
            let deep = format!("reduce range(2000) as $i (0; {nest})");
            let error = results(&deep).expect_err(nest);
            assert!(error.contains("nested"), "{nest}: {error}");
        }
        let error = results("1, reduce range(100000) as $i (0; [.])").expect_err("too deep");
        assert!(error.contains("nested more than 1000 levels"), "{error}");
        let nested = results("reduce range(1000) as $i (0; [.])").expect("not too deep");
        assert_eq!(nested[0].len(), 2_001);
    }

    #[test]
    fn an_expression_that_is_nested_too_deeply_is_refused() {
        for (open, close) in [("(", ")"), ("[", "]"), ("-", ""), (".|", "."), ("try ", ".")] {
            let depth = MAX_LENGTH / (open.len() + close.len().max(1)) - 1;
            let end = if close.is_empty() { "1".to_string() } else { close.repeat(depth) };
            let end = if close == "." { ".".to_string() } else { end };
            let middle = if open == "(" { "1" } else { "" };
            drop(check(&format!("{}{middle}{end}", open.repeat(depth))));
        }
        assert!(check(&"(".repeat(MAX_LENGTH + 1)).expect_err("too long").contains("longer"));
    }

    #[test]
    fn an_error_of_the_evaluation_is_returned() {
        assert!(results(".data.id.x").expect_err("a text").contains("index"));
        assert!(results("error(\"no\")").expect_err("an error").contains("no"));
    }
}
