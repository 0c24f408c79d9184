() => {
  // Recent results, in this browser's own storage and only once the visitor has said that nobody else uses it.
  const [key, most, side] = ['packshot-studio-history', 20, 96]
  const read = () => { try { return JSON.parse(localStorage.getItem(key)) } catch { return null } }
  const write = entries => { try { localStorage.setItem(key, JSON.stringify(entries)) } catch { /* full, or forbidden */ } }
  const small = image => {
    const canvas = document.createElement('canvas')
    const scale = side / Math.max(image.naturalWidth, image.naturalHeight)
    canvas.width = Math.max(1, image.naturalWidth * scale)
    canvas.height = Math.max(1, image.naturalHeight * scale)
    canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height)
    return canvas.toDataURL('image/webp', 0.7)
  }
  const draw = () => {
    const list = document.querySelector('#history-list ol')
    list?.replaceChildren(...(read() ?? []).map(({time, title, query, picture}) => {
      const [row, link, image] = ['li', 'a', 'img'].map(name => document.createElement(name))
      link.href = `?${query}`
      image.src = picture ?? ''
      image.alt = ''
      link.append(...(picture ? [image] : []), `${title} · ${new Date(time).toLocaleString(document.documentElement.lang)}`)
      row.append(link)
      return row
    }))
  }
  const add = (tab, query) => setTimeout(() => {  // by then the result is drawn
    const entries = read()
    const summary = document.getElementById(`${tab}-summary`)?.innerText.trim()
    if (!entries || !summary) return
    const image = [...document.querySelectorAll(`#${tab}-slider img, #${tab}-gallery img`)].at(tab === 'generate' ? 0 : -1)
    const title = document.querySelector(`#tabs [role=tab][data-tab-id="${tab}"]`)?.innerText.trim() ?? tab
    const entry = {time: Date.now(), title, query, picture: image?.naturalWidth ? small(image) : null}
    write([entry, ...entries].slice(0, most))
    draw()
  }, 1000)
  const keep = on => {
    if (on) write(read() ?? [])
    else localStorage.removeItem(key)
    draw()
  }
  window.packshotHistory = {add, draw, keep, kept: () => read() !== null}
}
