// expect: error  groups in groups of a pattern made at run time
new RegExp('('.repeat(100000) + ')'.repeat(100000))
