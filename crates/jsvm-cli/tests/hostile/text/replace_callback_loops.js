// expect: interrupt  a replacer that never returns
'abc'.replace(/./g, () => { for (;;); })
