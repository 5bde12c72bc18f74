//! The fields of each report and their order: scripts read columns by position.

use std::fs;

use crate::support::World;

const NUMBER: &str = "8613800000001";
const SPACE: [&str; 2] = ["--cust-space-id", "cams-sandbox"];

/// Runs a command in the sandbox, in a pipe.
fn run(world: &World, command: &[&str]) -> String {
    let ran = world.run(&[&["--sandbox"], command].concat()).exits(0);
    ran.stdout
}

#[test]
fn lists_have_their_columns_in_this_order() {
    let world = World::new();
    let number = "13800001000";
    run(&world, &["sms", "send", "-p", number, "-s", "Acme", "-t", "SMS_100003", "--yes"]);
    let inbound = ["sandbox", "inbound", "--from", "8613900000000", "--to", NUMBER, "--text", "Hi"];
    run(&world, &inbound);
    for (command, columns) in [
        (
            &["sms", "status", "-p", number, "--wait=20"][..],
            "phone status code meaning sent_at received_at out_id",
        ),
        (&["sms", "stats"], "date total delivered failed pending delivery_rate"),
        (&["sms", "signs", "list"], "name status reason business_type created_at order_id"),
        (
            &["sms", "qualifications", "list"],
            "id name status reason company_name legal_person_name use_by_self created_at \
             audited_at work_order_id",
        ),
        (
            &["whatsapp", "numbers", "list"],
            "number verified_name status quality_rating messaging_limit_tier name_status \
             code_verification_status is_official",
        ),
        (
            &["whatsapp", "accounts", "list"],
            "cust_space_id channel name state waba_id waba_name waba_state instance_id \
             submitted_at",
        ),
        (
            &["whatsapp", "history", "--from", NUMBER, SPACE[0], SPACE[1]],
            "id task_id at direction from to type text template language status reason \
             context_message_id",
        ),
    ] {
        let stdout = run(&world, command);
        let header = stdout.lines().next().unwrap_or_default().replace('\t', " ");
        assert_eq!(header, columns, "{command:?}");
        assert!(stdout.lines().count() > 1, "{command:?} lists nothing");
    }
}

#[test]
fn records_have_their_fields_in_this_order() {
    let world = World::new();
    fs::write(world.path("photo.png"), b"\x89PNG\r\n\x1a\n").expect("a picture");
    let inbound = ["sandbox", "inbound", "--from", "8613900000000", "--to", NUMBER, "--text", "Hi"];
    let of_number = |words: &[&'static str], more: &[&'static str]| {
        [&["whatsapp"], words, &[NUMBER], &SPACE, more].concat()
    };
    let session = ["whatsapp", "session", "--from", NUMBER, "--to", "8613900000000"];
    for (command, names) in [
        (
            vec!["sms", "signs", "show", "Acme"],
            "name status reason code created_at audited_at order_id qualification_id apply_scene \
             usage remark third_party authorization_letter_passed carriers",
        ),
        (
            vec!["sms", "qualifications", "show", "1000009001"],
            "id name status reason company_name company_type business_type organization_code \
             valid_until legal_person_name legal_person_id_card_type legal_person_id_card_no \
             legal_person_id_card_valid_until admin_name admin_phone_no admin_id_card_type \
             admin_id_card_no admin_id_card_valid_until admin_id_card_front_face \
             admin_id_card_pic work_order_id use_by_self shared business_license_pics other_files",
        ),
        (
            of_number(&["numbers", "show"], &[]),
            "number verified_name status quality_rating messaging_limit_tier name_status \
             code_verification_status is_official status_callback_url up_callback_url \
             status_queue up_queue metrics health",
        ),
        (
            of_number(&["profile", "show"], &[]),
            "number about address description email profile_picture_url vertical websites",
        ),
        (
            of_number(&["profile", "update"], &["--about", "x", "--yes"]),
            "number changed request_id unchanged changes",
        ),
        (of_number(&["automation", "show"], &[]), "number enable_welcome_message prompts commands"),
        (
            of_number(&["automation", "set"], &["--prompt", "Hi?", "--yes"]),
            "number prompts request_id unchanged changes",
        ),
        (
            of_number(&["webhook", "set"], &["--http-flag", "y", "--yes"]),
            "cust_space_id number http_flag request_id unchanged changes",
        ),
        (
            [&["whatsapp", "media", "upload", "photo.png", "--output=tsv"], &SPACE[..]].concat(),
            "link key presigned kind type size",
        ),
        (inbound.to_vec(), "message_id from to text at"),
        ([&session[..], &SPACE].concat(), "open last_inbound_at expires_at"),
        (vec!["sandbox", "reset"], "status"),
    ] {
        let stdout = run(&world, &command);
        let fields: Vec<&str> = stdout.lines().filter_map(|line| line.split('\t').next()).collect();
        assert_eq!(fields.join(" "), names, "{command:?}");
    }
}
