//! Failpoints: the places in a run at which a test can make it panic or kill itself.

use std::collections::HashSet;
use std::process::Command;
use std::{fs, thread};

use super::{Ran, Running, World};

impl World {
    /// The failpoints that this command passes, in order, each once.
    pub fn failpoints(&self, mut command: Command) -> Vec<String> {
        let trace = self.path("trace");
        command.env("ALIMSG_FAULT_TRACE", &trace);
        Running::start(command).wait();
        let trace = fs::read_to_string(trace).expect("a trace");
        let mut known = HashSet::new();
        trace.lines().filter(|point| known.insert(*point)).map(str::to_owned).collect()
    }
}

/// Checks the items on this number of threads: the processes that a check starts mostly wait.
pub fn for_each_on<T: Sync>(threads: usize, items: &[T], check: impl Fn(&T) + Sync) {
    let check = &check;
    thread::scope(|scope| {
        for first in 0..threads {
            let items = items.iter().skip(first).step_by(threads);
            scope.spawn(move || items.for_each(check));
        }
    });
}

/// A run that crashed at a failpoint.
pub struct Crash {
    /// The failpoint and how the run ended there: `key: calling=kill`.
    pub fault: String,
    /// Whether the run ended before the call that sends could start.
    pub is_before_the_call: bool,
    pub ran: Ran,
}

/// Sends the message with a receipt lookup of one second.
pub fn send(world: &World, message: &[&str], variables: &[(&str, &str)]) -> Ran {
    world.run_with_env(message, &[&[("ALIMSG_LOOK_UP", "1")], variables].concat())
}

/// Kills a send, and makes it panic, at each of its failpoints, each time in another world.
pub fn crash_at_every_point(message: &[&str], check: impl Fn(&World, &Crash) + Sync) {
    let world = World::new();
    let mut command = world.alimsg(message);
    command.env("ALIMSG_LOOK_UP", "1");
    let points = world.failpoints(command);
    let calling = points.iter().position(|point| point == "key: calling").expect("calling");
    let faults = points.iter().enumerate().flat_map(|(at, point)| {
        ["kill", "panic"].map(|fault| (format!("{point}={fault}"), at < calling))
    });
    for_each_on(3, &faults.collect::<Vec<_>>(), |(fault, is_before_the_call)| {
        let world = World::new();
        let ran = send(&world, message, &[("ALIMSG_FAULT", fault)]);
        let is_before_the_call = *is_before_the_call;
        check(&world, &Crash { fault: fault.clone(), is_before_the_call, ran });
    });
}
