// expect: ok  backtracking behind a look-ahead, which ends soon
/^(?=(a+)+$)(a|aa)+b/.test('a'.repeat(64))
