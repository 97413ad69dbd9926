//! Server and callers on processors of their own, as they are on machines of their own: what those who call compute is
//! then nothing that the server lost.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The processors of the server, and those of all who call.
pub(super) struct Apart {
    server: CpuSet,
    callers: CpuSet,
}

impl Apart {
    /// Half of what this thread may use for either; a single one they share.
    pub(super) fn on_this_machine() -> Self {
        let all = sched_getaffinity(None).expect("the processors of this thread");
        let mut usable: Vec<_> = (0..CpuSet::MAX_CPU)
            .filter(|cpu| all.is_set(*cpu))
            .collect();
        let callers = usable.split_off(usable.len() / 2);
        if usable.is_empty() {
            usable.clone_from(&callers);
        }
        Self {
            server: set_of(&usable),
            callers: set_of(&callers),
        }
    }

    /// How many processors the server has.
    pub(super) fn of_server(&self) -> u32 {
        self.server.count()
    }

    /// What this thread starts from here on, a process included, is the server's.
    pub(super) fn for_server(&self) {
        here(&self.server);
    }

    /// What this thread does and starts from here on is the callers'.
    pub(super) fn for_callers(&self) {
        here(&self.callers);
    }
}

fn set_of(cpus: &[usize]) -> CpuSet {
    let mut set = CpuSet::new();
    for cpu in cpus {
        set.set(*cpu);
    }
    set
}

fn here(set: &CpuSet) {
    sched_setaffinity(None, set).expect("processors that this thread may use");
}
