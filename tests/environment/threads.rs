//! Threads whose environment is another than the caller's.

use absmax::Backend;

use crate::answers::{Answers, answers};
use crate::common::in_strides;
use crate::environments;
use crate::inputs::inputs;
use crate::register::{CONTROL, DEFAULT, read, write};

#[test]
fn the_environment_of_other_threads_changes_no_bit() {
    // Enough values for three chunks, one a thread.
    let inputs = &inputs(3000)[2];
    let all = |backend: Backend| {
        let mut all = Answers::default();
        answers(backend, &inputs.0, &mut all);
        if !in_strides() {
            answers(backend, &inputs.1, &mut all);
            answers(backend, &inputs.2, &mut all);
        }
        all.0
    };
    for backend in Backend::available() {
        let expected = all(backend.with_threads(1));
        // All threads have one of some environments, one thread has one of the others.
        for ((name, environment), spoiled) in
            environments().step_by(3).zip([3, 1].into_iter().cycle())
        {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(3).start_handler(move |i| {
                if i < spoiled {
                    write(environment);
                }
            });
            let pool = pool.build().unwrap();
            let found = pool.install(|| all(backend));
            assert!(found == expected, "{}, {spoiled} threads: {name}", backend.isa());
            let changed = pool.broadcast(|_| read() & CONTROL);
            for (i, found) in changed.into_iter().enumerate() {
                let set = if i < spoiled { environment } else { DEFAULT };
                assert_eq!(found, set & CONTROL, "thread {i}");
            }
        }
    }
}
