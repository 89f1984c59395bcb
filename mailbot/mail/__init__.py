"""Pure codecs: values into bytes and bytes into values. No I/O, and no knowledge of what a mail is for."""
