// Ctrl-C, SIGTERM and SIGHUP end a run in order: what was measured is written, workers are ended, the status is 130.
#pragma once

namespace portwright {

void catch_interrupts();  // a second Ctrl-C ends the program at once
[[nodiscard]] bool interrupted();
[[nodiscard]] int
interrupt_descriptor();  // becomes readable at an interrupt: for poll loops; -1 before catch_interrupts

}  // namespace portwright
