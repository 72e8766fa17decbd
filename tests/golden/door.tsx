import React from "react"

// A door to look at.
export const Door = (props: Props) => {
  const [open, setOpen] = React.useState<boolean>(false)
  return <div className="door" onClick={() => setOpen(!open)}>{props.name}</div>
}
