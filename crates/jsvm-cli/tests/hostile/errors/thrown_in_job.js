// expect: ok  a rejection that nobody handles; a promise is a value
(async () => { await null; throw new Error('late') })()
