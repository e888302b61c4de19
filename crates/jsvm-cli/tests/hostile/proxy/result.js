// expect: ok  the result is a proxy that answers nothing, and nobody asks it
new Proxy({}, { ownKeys() { for (;;); }, get() { for (;;); } })
