(...values) => {
  // The open tab's settings as the page's address and in the clipboard.
  history.replaceState(null, '', `?${(QUERY)(values)}`)
  navigator.clipboard?.writeText(location.href).catch(() => {})  // by http from elsewhere there is none
  const button = document.getElementById('copy-link')
  button?.classList.add('done')
  setTimeout(() => button?.classList.remove('done'), 2000)
}
