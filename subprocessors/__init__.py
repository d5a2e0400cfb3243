"""The subprocessor register: who else touches the data, what for, where, under which agreement."""
