// expect: interrupt  catching the end, in a finally, with a label
out: for (;;) { try { for (;;); } catch { continue out } finally { continue out } }
