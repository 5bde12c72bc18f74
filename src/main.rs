mod operations;
fn main() {}
