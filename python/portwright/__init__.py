"""The wheel of portwright: a program in C++ with the probes and schemas it uses, started by `__main__`."""
