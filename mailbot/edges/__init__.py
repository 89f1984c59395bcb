"""Where mailbot touches the outside world: one adapter a technology, no rules, no SQL, none knows another."""
