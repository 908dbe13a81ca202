fn main
