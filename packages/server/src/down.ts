export const down = async (_o: unknown): Promise<number> => 0
