export const doctor = async (_o: unknown): Promise<number> => 0
