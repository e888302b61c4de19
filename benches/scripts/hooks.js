onRecordCreate((e) => {
    const title = e.record.getString('title')
    if (title.length < 3) {
        throw new BadRequestError('the title is too short', { title: title })
    }
    for (const word of title.split(' ')) {
        if (word.length > 40) throw new BadRequestError('a word is too long')
    }
    e.record.set('slug', title.trim().toLowerCase().replace(/[^a-z0-9]+/g, '-'))
    e.next()
}, 'posts')

onRecordAfterUpdateSuccess((e) => {
    const before = e.record.original()
    const changed = ['title', 'status', 'author'].filter((name) => {
        return before.get(name) !== e.record.get(name)
    })
    if (changed.length > 0) {
        console.log('posts', e.record.id, 'changed', changed.join(', '))
    }
    e.next()
}, 'posts')

routerAdd('GET', '/api/posts/stats', (e) => {
    const records = $app.findRecordsByFilter('posts', "status = 'open'", '-created', 50, 0)
    const counts = {}
    let total = 0
    for (const record of records) {
        const author = record.getString('author') || 'nobody'
        counts[author] = (counts[author] || 0) + 1
        total += record.getInt('views')
    }
    return e.json(200, { total: total, counts: counts, average: total / records.length })
})

cronAdd('posts', '0 3 * * *', () => {
    const old = $app.findRecordsByFilter('posts', "status = 'draft'", 'created', 100, 0)
    console.log('posts', old.length)
    old.forEach((record) => $app.delete(record))
})
