module sheaf.test/load

go 1.23
