//! One row of the input: its values, checked.

use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::batch::input::{Columns, Record};
use crate::message::channel::Channel;
use crate::message::phone;
use crate::storage::batches::RowIndex;

/// What a spreadsheet program writes instead of a value that it cannot compute.
const SPREADSHEET_ERRORS: [&str; 9] =
    ["#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"];

/// What all rows of a batch have in common.
#[derive(Debug, Clone)]
pub struct RowRules {
    pub channel: Channel,
    /// For rows without a signature of their own; `None` requires one in each row.
    pub sign: Option<String>,
    /// For rows without a language of their own.
    pub language: Option<String>,
}

/// A row that can be sent, as part of a record.
#[derive(Debug, Clone, Copy)]
pub struct RowView<'r> {
    pub phone: &'r str,
    /// Empty for chat messages.
    pub sign: &'r str,
    pub out_id: Option<&'r str>,
    /// Empty for an SMS.
    pub language: &'r str,
    record: &'r Record,
    columns: &'r Columns,
}

/// A row that can be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "QueuedRow", into = "QueuedRow")]
pub struct Row {
    pub index: RowIndex,
    /// The line of the input where the row starts, from 1.
    pub line: u64,
    pub phone: String,
    /// Equal rows that follow each other share it: a call can have a thousand of them.
    pub content: Rc<Content>,
}

/// What a row has besides its number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Content {
    pub sign: String,
    pub out_id: Option<String>,
    pub language: String,
    /// The values of the variables, in the order of the batch's variables.
    pub values: Vec<String>,
}

/// A row in the payload of a queued call.
#[derive(Serialize, Deserialize)]
struct QueuedRow {
    index: RowIndex,
    line: u64,
    phone: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    sign: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    out_id: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    language: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    values: Vec<String>,
}

impl From<QueuedRow> for Row {
    fn from(row: QueuedRow) -> Self {
        let QueuedRow { index, line, phone, sign, out_id, language, values } = row;
        Self { index, line, phone, content: Rc::new(Content { sign, out_id, language, values }) }
    }
}

impl From<Row> for QueuedRow {
    fn from(Row { index, line, phone, content }: Row) -> Self {
        let Content { sign, out_id, language, values } = Rc::unwrap_or_clone(content);
        Self { index, line, phone, sign, out_id, language, values }
    }
}

impl RowRules {
    /// Checks a record. Returns why it cannot be sent otherwise.
    ///
    /// # Errors
    /// The reason, for the user.
    pub fn check<'r>(
        &'r self,
        record: &'r Record,
        columns: &'r Columns,
    ) -> Result<RowView<'r>, String> {
        if let Some(problem) = &record.problem {
            return Err(problem.clone());
        }
        let field = |at: usize| record.fields.get(at).unwrap_or_default().trim();
        let given = |at: Option<usize>| at.map(field).filter(|value| !value.is_empty());
        let number = field(columns.phone);
        if number.is_empty() {
            return Err("it has no phone number".into());
        }
        let checked = match self.channel {
            Channel::Sms => phone::check_sms_number("phone", number),
            Channel::Whatsapp | Channel::Viber => phone::check_chat_number("phone", number),
        };
        checked.map_err(|failure| failure.message.clone())?;
        let (mut sign, mut language) = ("", "");
        if self.channel == Channel::Sms {
            sign = given(columns.sign)
                .or(self.sign.as_deref())
                .ok_or("it has no signature: fill in the column sign, or give --sign-name")?;
        } else {
            language = given(columns.language)
                .or(self.language.as_deref())
                .ok_or("it has no language: fill in the column language, or give --language")?;
        }
        let out_id = given(columns.out_id);
        for (name, value) in [("sign", sign), ("language", language)] {
            check_text(name, value)?;
        }
        check_text("out_id", out_id.unwrap_or_default())?;
        for (name, at) in &columns.variables {
            let value = record.fields.get(*at).unwrap_or_default();
            let trimmed = value.trim();
            if trimmed.is_empty() {
                return Err(format!("the variable {name} is empty"));
            }
            check_text(name, value)?;
            if trimmed.starts_with('#') && SPREADSHEET_ERRORS.contains(&trimmed) {
                return Err(format!("the variable {name} is the spreadsheet error {value}"));
            }
        }
        Ok(RowView { phone: number, sign, out_id, language, record, columns })
    }
}

/// Line breaks and tabs can be part of a message; other control characters are damage.
fn check_text(name: &str, value: &str) -> Result<(), String> {
    let is_damage = |byte: &u8| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r');
    match value.as_bytes().iter().find(|byte| is_damage(byte)) {
        None => Ok(()),
        Some(byte) => Err(format!("{name} has a control character (U+{byte:04X})")),
    }
}

impl<'r> RowView<'r> {
    /// The values of the variables.
    pub fn values(&self) -> impl Iterator<Item = &'r str> + use<'r> {
        let fields = &self.record.fields;
        self.columns.variables.iter().map(|(_, at)| fields.get(*at).unwrap_or_default())
    }

    /// The parts that the recipient receives.
    pub fn message(&self) -> impl Iterator<Item = &'r str> + use<'r> {
        [self.sign, self.language].into_iter().chain(self.values())
    }

    /// The number with its country code, as digits. Equal for all notations of a number.
    pub fn phone_digits(&self) -> u64 {
        // 11 digits without a country code are a mainland number for the SMS service only.
        let (number, prefix) = if self.sign.is_empty() {
            (self.phone, 0)
        } else {
            let number = phone::canonical_sms_number(self.phone);
            (number, if number.len() == 11 { 8_600_000_000_000 } else { 0 })
        };
        number.parse::<u64>().unwrap_or_default() + prefix
    }

    /// The row, with the content of the row before it if that is equal.
    pub fn to_row(&self, index: RowIndex, before: Option<&Rc<Content>>) -> Row {
        let content = before.filter(|content| self.has(content)).map(Rc::clone);
        let content = content.unwrap_or_else(|| {
            Rc::new(Content {
                sign: self.sign.into(),
                out_id: self.out_id.map(Into::into),
                language: self.language.into(),
                values: self.values().map(Into::into).collect(),
            })
        });
        Row { index, line: self.record.line, phone: self.phone.into(), content }
    }

    fn has(&self, content: &Content) -> bool {
        let Content { sign, out_id, language, values } = content;
        let head = (self.sign, self.out_id, self.language);
        head == (sign, out_id.as_deref(), language) && self.values().eq(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queued_row_has_the_parts_that_its_channel_uses() {
        for text in [
            r#"{"index":7,"line":9,"phone":"13800001000","sign":"Acme","out_id":"a","values":["x"]}"#,
            r#"{"index":7,"line":9,"phone":"6591234567","language":"en"}"#,
        ] {
            let row: Row = serde_json::from_str(text).expect("a row");
            assert_eq!(serde_json::to_string(&row).expect("text"), text);
        }
    }
}
