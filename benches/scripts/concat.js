function (count) {
    let text = ''
    for (let i = 0; i < count; i++) {
        text += 'item' + i + ','
    }
    return text
}
