//! Ends a filter whose definitions call themselves without end.

use std::cell::Cell;

use jaq_core::box_iter::box_once;
use jaq_core::data::JustLut;
use jaq_core::load::Lexer;
use jaq_core::load::lex::{StrPart, Tok, Token};
use jaq_core::native::Fun;
use jaq_core::{Error, Exn, Native};
use jaq_json::Val;

use super::STACK_BYTES;

/// The name of the function that checks the stack.
const CHECK: &str = "alimsg_check_stack";
/// The rest of the stack is for the functions that a definition calls.
const MAX_BYTES: usize = STACK_BYTES / 2;

thread_local! {
    /// An address near the beginning of the stack.
    static BEGINNING: Cell<usize> = const { Cell::new(0) };
}

/// Begins to measure the stack of this thread.
pub fn measure_from_here() {
    BEGINNING.set(address());
}

/// The expression, each of whose definitions begins with the check.
pub fn with_checks(expression: &str) -> String {
    let mut places = Vec::new();
    if let Ok(tokens) = Lexer::new(expression).lex() {
        find_bodies(&tokens, expression, &mut places);
    }
    let mut checked = String::new();
    let mut rest = 0;
    for place in places {
        checked += &expression[rest..place];
        checked += &format!(" {CHECK} | ");
        rest = place;
    }
    checked + &expression[rest..]
}

/// The function: its input, or an error if most of the stack is in use.
pub fn function() -> Fun<JustLut<Val>> {
    let check = Native::new(|cv| box_once(check().map(|()| cv.1)))
        .with_paths(|cv| box_once(check().map(|()| cv.1)))
        .with_update(|cv, update| match check() {
            Ok(()) => update(cv.1),
            Err(error) => box_once(Err(error)),
        });
    (CHECK, [].into(), check)
}

fn check<'a>() -> Result<(), Exn<'a, Val>> {
    if BEGINNING.get().abs_diff(address()) < MAX_BYTES {
        return Ok(());
    }
    Err(Exn::from(Error::str("the recursion is too deep")))
}

/// The address of a local variable.
#[inline(never)]
fn address() -> usize {
    let local = 0_u8;
    std::ptr::from_ref(std::hint::black_box(&local)).addr()
}

/// Finds where the bodies of definitions begin: after `def NAME:` or `def NAME(…):`.
fn find_bodies(tokens: &[Token<&str>], expression: &str, places: &mut Vec<usize>) {
    let is_list = |token: Option<&Token<&str>>| matches!(token, Some(Token(_, Tok::Block(_))));
    for (index, Token(text, token)) in tokens.iter().enumerate() {
        match token {
            Tok::Block(inner) => find_bodies(inner, expression, places),
            Tok::Str(parts) => {
                for part in parts {
                    if let StrPart::Term(term) = part {
                        find_bodies(std::slice::from_ref(term), expression, places);
                    }
                }
            }
            Tok::Word if *text == "def" => {
                let is_named = matches!(tokens.get(index + 1), Some(Token(_, Tok::Word)));
                let colon = index + 2 + usize::from(is_list(tokens.get(index + 2)));
                if is_named
                    && let Some(Token(text, Tok::Sym)) = tokens.get(colon)
                    && *text == ":"
                {
                    let start = (text.as_ptr() as usize).wrapping_sub(expression.as_ptr() as usize);
                    places.push(start + text.len());
                }
            }
            _ => {}
        }
    }
    places.sort_unstable();
}
