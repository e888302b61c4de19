function (count) {
    const objects = []
    for (let i = 0; i < count; i++) {
        objects.push({
            id: i,
            name: 'Object ' + i,
            data: { value: i * 2, tags: ['one', 'two'] },
        })
    }
    return objects.length
}
